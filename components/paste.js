// A pasted photo goes into the uploader as if it had been dropped there. On phones the uploader's picker is asked for
// pictures, so that it offers the camera and the album.
export default function () {
  const input = () => document.querySelector('[data-testid="stFileUploaderDropzoneInput"]');
  input()?.setAttribute("accept", "image/*,.heic,.heif");
  document.onpaste = ({ clipboardData }) => {
    const photos = [...clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!photos.length || !input()) return;
    const transfer = new DataTransfer();
    photos.forEach((photo) => transfer.items.add(photo));
    input().files = transfer.files;
    input().dispatchEvent(new Event("change", { bubbles: true }));
  };
  return () => (document.onpaste = null);
}
