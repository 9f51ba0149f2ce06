// A pasted photo goes into the uploader as if it had been dropped there.
export default function () {
  document.onpaste = ({ clipboardData }) => {
    const input = document.querySelector('[data-testid="stFileUploaderDropzoneInput"]');
    const photos = [...clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!photos.length || !input) return;
    const transfer = new DataTransfer();
    photos.forEach((photo) => transfer.items.add(photo));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return () => (document.onpaste = null);
}
