// Lays the follow-up over the baseline and lets a range input move the cut. Without it both stand side by side.
const pair = document.getElementById("pair");
const slide = pair.querySelector(".slide");
const cut = document.getElementById("cut");
const place = () => pair.style.setProperty("--cut", `${cut.value}%`);
pair.classList.add("live");
slide.hidden = false;
cut.addEventListener("input", place);
place();
