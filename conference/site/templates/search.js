// Filters the papers of papers.js. Text is set as text, never as markup: papers are hostile.
(function () {
  "use strict";
  var SHOWN = 300;
  var query = document.getElementById("query");
  var status = document.getElementById("status");
  var results = document.getElementById("results");
  var count = document.getElementById("count");

  function element(tag, name, text) {
    var made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  }

  function row(paper) {
    var item = element("li", paper.status);
    var head = element("div");
    head.append(element("span", "badge " + paper.status, paper.label));
    if (paper.mean !== null) head.append(" ", element("span", "rating", String(paper.mean)));
    var title = element("h3");
    var link = element("a", "", paper.title);
    link.href = "papers/" + paper.page + ".html";
    title.append(link);
    var by = [paper.authors, paper.topic].filter(Boolean).join(" · ");
    item.append(head, title, element("p", "by", by));
    return item;
  }

  function show() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    var phrase = words.join(" ");
    var found = window.PAPERS.filter(function (paper) {
      var text = [paper.title, paper.abstract, paper.authors, paper.topic].join(" ").toLowerCase();
      return (!status.value || paper.status === status.value) &&
        words.every(function (word) { return text.includes(word); });
    });
    if (phrase) {
      // Papers with the phrase in their title first; the sort keeps the order of the others.
      var miss = function (paper) { return paper.title.toLowerCase().includes(phrase) ? 0 : 1; };
      found.sort(function (one, two) { return miss(one) - miss(two); });
    }
    results.replaceChildren.apply(results, found.slice(0, SHOWN).map(row));
    count.textContent = found.length + (found.length === 1 ? " paper" : " papers") +
      (found.length > SHOWN ? ", the first " + SHOWN + " shown" : "");
  }

  query.addEventListener("input", show);
  status.addEventListener("change", show);
  show();
})();
