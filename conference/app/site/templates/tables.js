// Tables of more than three rows can be sorted by a click on a column's head.
(function () {
  "use strict";

  function value(row, column) {
    var text = row.cells[column] ? row.cells[column].textContent.trim() : "";
    var number = parseFloat(text.replace(/,/g, ""));
    return isNaN(number) ? text.toLowerCase() : number;
  }

  function order(one, two) {
    if (typeof one !== typeof two) return typeof one === "number" ? -1 : 1;
    return one < two ? -1 : one > two ? 1 : 0;
  }

  function sortable(table) {
    var body = table.tBodies[0];
    var whole = Array.from(body.rows).every(function (row) {
      return row.cells.length === table.tHead.rows[0].cells.length;
    });
    if (body.rows.length < 4 || !whole) return;
    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      if (!head.textContent.trim()) return;
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append.apply(button, Array.from(head.childNodes));
      head.append(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        Array.from(head.parentNode.cells).forEach(function (each) { each.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        Array.from(body.rows)
          .sort(function (a, b) { return (down ? -1 : 1) * order(value(a, column), value(b, column)); })
          .forEach(function (row) { body.append(row); });
      });
    });
  }

  document.querySelectorAll("table").forEach(function (table) {
    if (table.tHead && table.tHead.rows.length && table.tBodies.length) sortable(table);
  });
})();
