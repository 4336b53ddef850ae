// Leave now, and Listen. Every page is whole without; together they stay under two kilobytes.
const page = document.documentElement, speech = window.speechSynthesis;
const leave = () => {
  page.hidden = true; // nothing to be read while the next page is on its way
  name = "left"; // the tab knows it as long as it is open: no page before comes back
  location.replace("/leave");
};
// Only a page further in is read here before its body is, and that one must not open again.
if (!document.body && name == "left") leave();
addEventListener("DOMContentLoaded", () => {
  const away = document.querySelector(".leave"), button = document.querySelector(".listen");
  let escaped = -9999;
  if (away) {
    away.onclick = event => { event.preventDefault(); leave(); };
    addEventListener("keydown", event => {
      if (event.key != "Escape") return;
      if (event.timeStamp - escaped < 1500) leave();
      escaped = event.timeStamp;
    });
    addEventListener("pageshow", event => { if (event.persisted && name == "left") leave(); });
    addEventListener("submit", () => { name = ""; });
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
  addEventListener("pagehide", stop);
  speech.addEventListener("voiceschanged", ready);
  ready();
});
