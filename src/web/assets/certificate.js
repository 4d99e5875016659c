// The page works without this: it adds the choice of a file, and keeps a private key from leaving the browser.

const form = document.querySelector("[data-certificate]");
const file = document.getElementById("file");
const text = document.getElementById("certificate");
const said = document.getElementById("said");

const largest = 64 * 1024;
const burnt =
  "That holds a private key, so it was not sent, and is not shown here. Choose the certificate only.";
const noCertificate =
  "That is no certificate: it may be a key, or a .pfx with one inside. It was not sent. Export the certificate only (.cer).";

file.closest("[hidden]").hidden = false;

function say(sentence) {
  said.hidden = sentence === "";
  said.textContent = sentence;
}

const holdsPrivateKey = (content) => /-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File/.test(content);

// A certificate in binary is a sequence that begins with another one; keys and .pfx begin with a number.
function isBinaryCertificate(bytes) {
  const afterLength = bytes[1] < 0x80 ? 2 : 2 + (bytes[1] & 0x7f);
  return bytes[0] === 0x30 && bytes[afterLength] === 0x30;
}

function pemOf(bytes) {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g).join("\n")}\n-----END CERTIFICATE-----\n`;
}

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  text.value = "";
  say("");
  if (!chosen) return;
  if (chosen.size > largest) return say("That file is larger than any certificate. It was not sent.");
  const bytes = new Uint8Array(await chosen.arrayBuffer());
  const content = new TextDecoder().decode(bytes);
  if (holdsPrivateKey(content)) say(burnt);
  else if (content.includes("-----BEGIN")) text.value = content;
  else if (isBinaryCertificate(bytes)) text.value = pemOf(bytes);
  else say(noCertificate);
  if (text.value === "") file.value = "";
  else say(`Read from ${chosen.name}. Press Use this certificate.`);
});

// Before the form's own listener, so that what is stopped here does not count as sent.
form.addEventListener(
  "submit",
  (event) => {
    if (!holdsPrivateKey(text.value)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    text.value = "";
    say(burnt);
    text.focus();
  },
  { capture: true },
);
