// The page of the person that the address names after "#", from people.js. Text is set as text, never
// as markup: papers are hostile.
(function () {
  "use strict";
  var place = document.getElementById("person");
  var scale = place.dataset.scale.split(",");

  function element(tag, name, text) {
    var made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function interval(given, papers) {
    if (!given) return "no figure: it needs four papers that others rated too (n = " + papers + ").";
    return given[0].toFixed(2) + " rating units, 95 % interval " + given[1].toFixed(2) + " to " +
      given[2].toFixed(2) + ", n = " + papers + " papers.";
  }

  function histogram(ratings) {
    var table = element("table", "bars narrow");
    var head = element("tr");
    head.append(element("th", "", "rating"), element("th", "", "reviews"), element("th"));
    table.append(element("thead"), element("tbody"));
    table.tHead.append(head);
    scale.forEach(function (value) {
      var count = ratings.filter(function (each) { return each === Number(value); }).length;
      var row = element("tr");
      var bar = element("meter");
      bar.max = ratings.length;
      bar.value = count;
      bar.setAttribute("aria-label", count + " of " + ratings.length);
      var last = element("td");
      last.append(bar);
      row.append(element("td", "", value), element("td", "", String(count)), last);
      table.tBodies[0].append(row);
    });
    return table;
  }

  function papers(title, rows) {
    var list = element("ul");
    rows.forEach(function (row) {
      var item = element("li");
      var link = element("a", "", row.title);
      link.href = "papers/" + row.page + ".html";
      if (row.rating) item.append(element("span", "rating", row.rating), " ");
      item.append(link);
      list.append(item);
    });
    place.append(element("h2", "", title), list);
  }

  function show() {
    var id = decodeURIComponent(location.hash.slice(1));
    var row = (window.PEOPLE || []).find(function (each) { return each.id === id; });
    place.replaceChildren();
    if (!row) {
      place.append(element("h1", "", "Nobody has this name"));
      return;
    }
    document.title = row.name;
    var about = element("p", "by", [row.role, row.lab, row.topics, row.persona].filter(Boolean).join(" · ") + " ");
    about.append(element("span", "mind", row.mind));
    place.append(element("h1", "", row.name), about);
    if (row.facts) place.append(element("p", "", row.facts));
    if (row.level) {
      var level = row.level;
      place.append(
        element("h2", "", "Level"),
        element("p", "", "Mean difference from the other reviewers of the same papers: " + interval(level.above, level.papers)),
        element("h2", "", "Agreement"),
        element("p", "", "Mean absolute difference from them: " + interval(level.apart, level.papers)),
        element("h2", "", "Calibration"),
        element("p", "", level.calibration || "Not calibrated on human-reviewed papers."),
        element("h2", "", "Ratings"),
        histogram(level.ratings)
      );
    }
    if (row.wrote.length) papers("Wrote", row.wrote);
    if (row.reviewed.length) papers("Reviewed", row.reviewed);
  }

  window.addEventListener("hashchange", show);
  show();
})();
