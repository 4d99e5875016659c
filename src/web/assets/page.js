// The page works without this: it adds Copy buttons, and takes care that the secret is shown once and not kept.

const said = document.getElementById("said");

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Some browsers and policies refuse the clipboard; then the person copies by hand.
      field.closest("details")?.setAttribute("open", "");
      field.focus();
      field.select();
      done = "Selected";
    }
    button.textContent = done;
    said.textContent = `${button.getAttribute("aria-label").replace(/^Copy /, "")}: ${done.toLowerCase()}`;
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
}

for (const field of document.querySelectorAll("input[readonly]")) {
  field.addEventListener("focus", () => field.select());
}

// A double click would send the form twice, and the second answer, that the link is spent, would cover the secret.
for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}

// Browsers may keep a page in memory for Back although it must not be stored.
addEventListener("pagehide", () => {
  for (const field of document.querySelectorAll("[data-secret]")) {
    field.value = "";
    field.removeAttribute("value");
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.replace(location.pathname.replace(/\/(reveal|vote|export|certificate)$/, ""));
});
