// Choose the reader's own time zone where nothing was chosen yet. Without script it is UTC until changed.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const hidden = document.getElementById("own-zone");
if (hidden) hidden.value = own;
const zone = document.getElementById("timezone");
if (zone && zone.value === "UTC" && [...zone.options].some((option) => option.value === own)) zone.value = own;
