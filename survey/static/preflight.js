(function () {
  var page = document.documentElement.dataset, clock = window.performance || Date;
  function each(list, act) { Array.prototype.forEach.call(list, act); }
  function say(key, good) {
    var line = document.querySelector('[data-check="' + key + '"]');
    line.className = good ? 'good' : 'bad';
    each(line.querySelectorAll('[data-when]'), function (words) {
      words.hidden = words.dataset.when !== line.className;
    });
  }
  function sum(bytes) {
    var value = 0x811c9dc5;
    each(bytes, function (byte) { value = Math.imul(value ^ byte, 0x01000193); });
    return value >>> 0;
  }
  function text(address, how) {
    return fetch(address, how).then(function (answer) {
      if (!answer.ok) { throw answer.status; }
      return answer.text().then(function (words) { return { words: words, answer: answer }; });
    });
  }
  function tried(key, work) {
    return work.then(function (good) { say(key, good); }, function () { say(key, false); });
  }
  if (!window.fetch || !Math.imul) { return; }
  document.getElementById('tried').hidden = false;
  say('clock', Math.abs(Date.now() / 1000 - page.now) < 300);
  say('look', getComputedStyle(document.querySelector('.stripped')).display === 'none');
  tried('sample', fetch('check/sample').then(function (answer) {
    return answer.arrayBuffer();
  }).then(function (body) {
    return body.byteLength === +page.size && sum(new Uint8Array(body)) === +page.sum;
  }));
  var begun = clock.now();
  text('check/word').then(function (one) {
    document.getElementById('took').textContent = Math.round(clock.now() - begun);
    say('time', clock.now() - begun < 3000);
    say('headers', one.answer.headers.get('cache-control') === 'no-store' &&
      !!one.answer.headers.get('content-security-policy'));
    return tried('copies', text('check/word').then(function (two) {
      return one.words !== two.words;
    }));
  }).catch(function () { say('time', false); say('headers', false); say('copies', false); });
  tried('redirect', text('check/redirect').then(function (led) { return led.answer.redirected; }));
  var sent = 'A1=y9&B1=safe; ąęłșțїґےਪਬ <&\'">';
  tried('post', text('check/echo', { method: 'POST', body: sent }).then(function (back) {
    return back.words === sent;
  }));
})();
