// Light, dark or as the system has it. Not a module: it runs before anything is painted.
(() => {
  const KEPT = "theme";
  const root = document.documentElement;

  function kept() {
    try {
      return localStorage.getItem(KEPT) ?? "";
    } catch {
      return ""; // Storage is forbidden here: as the system has it.
    }
  }

  function use(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  use(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    choice.value = root.dataset.theme ?? "";
    choice.addEventListener("change", () => {
      use(choice.value);
      try {
        if (choice.value) localStorage.setItem(KEPT, choice.value);
        else localStorage.removeItem(KEPT);
      } catch {
        // Then it lasts as long as the page.
      }
    });
  });
})();
