// Filters the rows of papers.js or people.js and shows them in steps, so that a page of thousands
// stays short on a phone. Text is set as text, never as markup: papers are hostile.
(function () {
  "use strict";
  var STEP = 60;
  var query = document.getElementById("query");
  var filter = document.querySelector("#status, #role");
  var sort = document.getElementById("sort");
  var results = document.getElementById("results");
  var count = document.getElementById("count");
  var more = document.getElementById("more");
  var found = [];
  var shown = 0;

  function element(tag, name, text) {
    var made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  }

  function link(page, title) {
    var made = element("a", "", title);
    made.href = "papers/" + page + ".html";
    return made;
  }

  function joined(parts) {
    return parts.filter(Boolean).join(" · ");
  }

  function paper(row) {
    var item = element("li", row.status);
    var head = element("div");
    head.append(element("span", "badge " + row.status, row.label));
    if (row.mean !== null) head.append(" ", element("span", "rating", String(row.mean)));
    var title = element("h3");
    title.append(link(row.page, row.title));
    item.append(head, title, element("p", "by", joined([row.authors, row.topic])));
    return item;
  }

  function listed(papers) {
    var list = element("ul");
    papers.forEach(function (each) {
      var item = element("li");
      if (each.rating) item.append(element("span", "rating", each.rating), " ");
      item.append(link(each.page, each.title));
      list.append(item);
    });
    return list;
  }

  function person(row) {
    var item = element("article", "person");
    var facts = element("p");
    facts.append(element("span", "mind", row.mind));
    if (row.facts) facts.append(" " + row.facts);
    var name = element("h3");
    var page = element("a", "", row.name);
    page.href = "person.html#" + encodeURIComponent(row.id);
    name.append(page);
    item.append(
      name,
      element("p", "by", joined([row.role, row.lab, row.topics, row.persona])),
      facts
    );
    [row.wrote, row.reviewed].forEach(function (papers) {
      if (papers.length) item.append(listed(papers));
    });
    return item;
  }

  var list = window.PAPERS
    ? { rows: window.PAPERS, make: paper, title: "title", field: "status", noun: ["paper", "papers"],
        fields: ["title", "abstract", "authors", "topic"] }
    : { rows: window.PEOPLE, make: person, title: "name", field: "role", noun: ["person", "people"],
        fields: ["name", "lab", "topics", "persona", "mind"] };

  function step() {
    results.append.apply(results, found.slice(shown, shown + STEP).map(list.make));
    shown = Math.min(shown + STEP, found.length);
    count.textContent = found.length.toLocaleString("en") + " " +
      list.noun[found.length === 1 ? 0 : 1] +
      (shown < found.length ? ", the first " + shown + " shown" : "");
    more.hidden = shown === found.length;
  }

  function show() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    var phrase = words.join(" ");
    found = list.rows.filter(function (row) {
      var text = list.fields.map(function (name) { return row[name]; }).join(" ").toLowerCase();
      return (!filter.value || row[list.field] === filter.value) &&
        words.every(function (word) { return text.includes(word); });
    });
    if (sort && sort.value) {
      found.sort(function (one, two) {
        if (sort.value === "title") return one.title.localeCompare(two.title, "en");
        var a = one[sort.value], b = two[sort.value];
        return (b === null ? -1 : b) - (a === null ? -1 : a);
      });
    }
    if (phrase) {
      // Rows with the phrase in their title first; the sort keeps the order of the others.
      var miss = function (row) { return row[list.title].toLowerCase().includes(phrase) ? 0 : 1; };
      found.sort(function (one, two) { return miss(one) - miss(two); });
    }
    shown = 0;
    results.replaceChildren();
    step();
  }

  query.form.addEventListener("submit", function (event) { event.preventDefault(); });
  query.addEventListener("input", show);
  filter.addEventListener("change", show);
  if (sort) sort.addEventListener("change", show);
  more.addEventListener("click", step);
  show();
})();
