// Choose the reader's own time zone where nothing was chosen yet. Without script it is UTC until changed.
const zone = document.getElementById("timezone");
if (zone && zone.value === "UTC" && !zone.querySelector("option[selected]:not([value=UTC])")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === own)) zone.value = own;
}
