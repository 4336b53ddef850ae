// Leave now, Listen, and what a listener and the history may see. Every page is whole without.
const page = document.documentElement, speech = window.speechSynthesis, on = addEventListener;
const leave = away => {
  page.hidden = true; // nothing to be read while the next page is on its way
  remember("", "");
  if (away.form) navigator.sendBeacon(location.href, new URLSearchParams({ go: "left" }));
  location.replace("/leave");
};
// A browser that keeps pages to show them again on Back asks first whether the survey goes on.
on("pagehide", () => { page.hidden = true; });
on("pageshow", event => { if (event.persisted) location.reload(); });
// Back opens a page as it was before anything was given on it. The newest page of the tab has it all,
// so its address opens the older page again. The history has that address too, sealed as it is. Each
// answer to a form is an address that was never seen before: one that was seen is older.
const recall = name => { try { return sessionStorage[name] || ""; } catch { return ""; } };
const remember = (newest, seen) => {
  try { Object.assign(sessionStorage, { newest, seen }); } catch { /* a browser that keeps nothing */ }
};
const here = location.pathname, mark = here.slice(-16), ours = here.startsWith("/p/");
const newest = recall("newest"), seen = recall("seen");
const older = ours && newest && newest != here && seen.includes(mark);
if (older) page.hidden = true;
on("DOMContentLoaded", () => {
  const form = document.forms.f, at = form && form.at;
  if (older && at) return location.replace(`${newest}?at=${at.value}`);
  page.hidden = false;
  if (ours && !older) form ? remember(here, seen + mark) : remember("", "");
});
// Fills a form up to one size, so that its length reveals nothing.
on("submit", event => {
  const form = event.target, pressed = event.submitter, size = form.dataset.size;
  if (!size) return;
  form.pad.value = "";
  const sent = new FormData(form);
  if (pressed) sent.append(pressed.name, pressed.value);
  const length = String(new URLSearchParams(sent)).replace(/%0A/g, "%0D%0A").length;
  form.pad.value = "0".repeat(Math.max(0, size - length));
});
// A link within the page is followed without a separate address: the history would say that
// someone asked for help here, and when.
on("click", event => {
  const link = event.target.closest("a[href^='#']"), spot = link && document.querySelector(link.hash);
  if (!spot) return;
  event.preventDefault();
  (spot.querySelector("input,textarea") || spot).focus();
});
on("DOMContentLoaded", () => {
  const away = document.querySelector(".leave"), button = document.querySelector(".listen");
  let escaped = -9999;
  if (away) {
    away.onclick = event => { event.preventDefault(); leave(away); };
    on("keydown", event => {
      if (event.key != "Escape") return;
      if (event.timeStamp - escaped < 1500) leave(away);
      escaped = event.timeStamp;
    });
  }
  if (!button || !speech) return;
  const close = tag => {
    const short = tag.split("-")[0];
    return speech.getVoices().find(voice => voice.lang.split(/[-_]/)[0] == short);
  };
  const ready = () => { button.hidden = !close(page.lang); };
  const word = button.lastChild, listen = word.data;
  let round = 0;
  const stop = () => { round++; speech.cancel(); word.data = listen; };
  button.onclick = () => {
    if (word.data != listen) return stop();
    speech.cancel();
    word.data = button.dataset.stop;
    const mine = ++round;
    const parts = document.querySelectorAll("main :is(h1,h2,p,legend,label,li)");
    const seen = [...parts].filter(part => part.offsetParent);
    seen.forEach((part, number) => {
      const said = new SpeechSynthesisUtterance(part.innerText);
      said.lang = (part.querySelector("[lang]") || part.closest("[lang]")).lang;
      said.voice = close(said.lang);
      said.onstart = () => part.classList.add("said");
      said.onend = said.onerror = () => {
        part.classList.remove("said");
        if (mine == round && number == seen.length - 1) stop();
      };
      speech.speak(said);
    });
  };
  on("pagehide", stop);
  speech.addEventListener("voiceschanged", ready);
  ready();
});
