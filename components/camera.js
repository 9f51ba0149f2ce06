// A camera that asks for the back of a phone first and takes the full frame that the device gives.
// Streamlit calls this function again at any rerun: what must last is kept on the element.
const REFUSED = {
  NotAllowedError: "The camera is not allowed here. Allow it beside the page's address, or upload a photo.",
  NotFoundError: "No camera was found. Plug one in, or upload a photo.",
  NotReadableError: "Another program is using the camera. Close it there, or upload a photo.",
};
const INSECURE =
  "Browsers open the camera only on this very computer or over https. Upload a photo instead: " +
  "on a phone, the upload offers its camera too.";

export default function ({ parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".camera");
  const [on, shutter, turn, off] = ["on", "shutter", "turn", "off"].map((name) => root.querySelector(`.${name}`));
  const video = root.querySelector("video");
  const say = (text) => (root.querySelector(".message").textContent = text);
  const show = (what) => (root.dataset.state = what);

  const stop = () => {
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    show("off");
  };

  const start = async (facing) => {
    stop();
    say("");
    show("starting");
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: facing }, width: { ideal: 4096 }, height: { ideal: 3072 } },
      });
      await video.play();
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
      const shown = video.srcObject.getVideoTracks()[0].getSettings().facingMode;
      turn.hidden = cameras.length < 2;
      root.dataset.facing = shown ?? facing;
      video.classList.toggle("mirrored", shown === "user");
      show("live");
    } catch (problem) {
      stop();
      say(REFUSED[problem.name] ?? "The camera did not start. Try again, or upload a photo.");
    }
  };

  const snap = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    setTriggerValue("photo", canvas.toDataURL("image/jpeg", 0.92));
    stop();
    on.querySelector(".label").textContent = "Take another photo";
  };

  on.onclick = () => start("environment");
  turn.onclick = () => start(root.dataset.facing === "user" ? "environment" : "user");
  shutter.onclick = snap;
  off.onclick = stop;
  if (!window.isSecureContext) {
    on.disabled = true;
    say(INSECURE);
  }
  return stop;
}
