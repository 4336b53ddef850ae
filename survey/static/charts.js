/* Charts of a report answer to the pointer and to the keys. The drawing of the server stays where it
   is, and the browser's own lies over it: same place, same size, and on paper the first one. Nothing
   is fetched before a reader turns to a chart. */
(function () {
  'use strict';
  var runtimeAddress = document.currentScript.dataset.runtime, runtime = null, last = 0;

  function loadRuntime() {
    runtime = runtime || new Promise(function (done, fail) {
      var script = document.createElement('script');
      script.src = runtimeAddress;
      script.onload = function () { done(window.vega); };
      script.onerror = fail;
      document.head.append(script);
    });
    return runtime;
  }

  function read(address) {
    return fetch(address, { credentials: 'same-origin' }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    });
  }

  /* What can be pointed to: elements of the browser's drawing whose datum says something. */
  function marks(drawn) {
    return Array.from(drawn.querySelectorAll('*')).filter(function (element) {
      return saidBy(element);
    }).sort(function (a, b) { return a.__data__.datum.at - b.__data__.datum.at; });
  }

  function saidBy(element) {
    var item = element && element.__data__;
    return item && item.datum && item.datum.said;
  }

  function element(tag, name) {
    var made = document.createElement(tag);
    made.className = name;
    return made;
  }

  function wake(drawing, report) {
    var place = element('div', 'chart-live'), above = element('div', 'chart-live__drawing');
    var words = element('div', 'chart-live__words');
    var view = null, found = [], at = -1, waking = null, pointer = null;

    place.tabIndex = 0;
    place.setAttribute('role', 'group');
    place.setAttribute('aria-labelledby', drawing.getAttribute('aria-labelledby').split(' ')[0]);
    place.setAttribute('aria-describedby', report.hint.id);
    above.setAttribute('aria-hidden', 'true');
    words.setAttribute('role', 'status');
    words.id = 'chart-words-' + (last += 1);
    drawing.replaceWith(place);
    place.append(drawing, above, words);

    function start() {
      waking = waking || Promise.all([
        loadRuntime(), read(report.address + drawing.dataset.drawing + '.json')
      ]).then(function (both) {
        var vega = both[0], specification = both[1];
        view = new vega.View(vega.parse(specification, null, { ast: true }), {
          expr: vega.expressionInterpreter, renderer: 'svg', hover: false
        }).initialize(above);
        return view.runAsync();
      }).then(function () {
        found = marks(above);
        place.classList.add('is-live');
      });
      return waking;
    }

    function show(number) {
      if (!found.length) { return; }
      number = Math.max(0, Math.min(number, found.length - 1));
      if (number === at && words.firstChild) { return; }
      at = number;
      words.replaceChildren.apply(words, found[at].__data__.datum.said.map(function (line, row) {
        var part = document.createElement(row === 1 ? 'b' : 'span');
        part.textContent = line;
        return part;
      }));
      light(found[at].__data__.datum.at);
      put();
    }

    function hide() {
      at = -1;
      words.replaceChildren();
      light(-1);
    }

    function light(number) {
      view.signal('at', number).runAsync().then(function () { found = marks(above); });
    }

    /* Under its mark, or over it where there is more room; never beyond the edge of the window. */
    function put() {
      var frame = place.getBoundingClientRect(), mark = found[at].getBoundingClientRect();
      var box = words.getBoundingClientRect(), room = document.documentElement;
      var under = mark.bottom + box.height + 8 <= room.clientHeight || mark.top < box.height + 8;
      var middle = mark.left + mark.width / 2 - box.width / 2;
      var left = Math.max(4, Math.min(middle, room.clientWidth - box.width - 4));
      words.style.setProperty('left', left - frame.left + 'px');
      words.style.setProperty('top',
        (under ? mark.bottom + 2 : mark.top - box.height - 2) - frame.top + 'px');
    }

    function pointed() {
      if (!pointer) { return; }
      var over = document.elementFromPoint(pointer.clientX, pointer.clientY);
      if (words.contains(over)) { return; }
      if (saidBy(over)) { show(found.indexOf(over)); } else { hide(); }
    }

    place.addEventListener('pointermove', function (event) {
      pointer = event;
      start().then(pointed, function () {});
    });
    place.addEventListener('pointerdown', function (event) {
      pointer = event;
      start().then(pointed, function () {});
    });
    place.addEventListener('pointerleave', function (event) {
      if (event.pointerType === 'touch') { return; } // a lifted finger: what it asked for stays
      pointer = null;
      if (view) { hide(); }
    });
    place.addEventListener('focus', function () {
      if (!place.matches(':focus-visible')) { return; }
      start().then(function () {
        if (document.activeElement === place) { show(0); }
      }, function () {});
    });
    place.addEventListener('blur', function () { if (view) { hide(); } });
    place.addEventListener('keydown', function (event) {
      var step = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1,
        Home: 0, End: Infinity }[event.key];
      if (event.altKey || event.ctrlKey || event.metaKey || !view) { return; }
      if (event.key === 'Escape') { hide(); }
      if (step === undefined) { return; }
      event.preventDefault();
      show(step);
    });
  }

  document.querySelectorAll('[data-drawings]').forEach(function (report) {
    var here = { address: report.dataset.drawings, hint: element('p', 'visually-hidden') };
    here.hint.id = 'chart-hint';
    here.hint.textContent = report.dataset.hint;
    report.append(here.hint);
    report.querySelectorAll('svg.chart[data-drawing]').forEach(function (drawing) {
      wake(drawing, here);
    });
  });
}());
