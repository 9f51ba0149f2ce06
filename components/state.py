"""Names of what a session remembers. Widget keys begin with an underscore, unless they are part of the address."""

RULEBOOK = "rulebook"  # in the address: /?rulebook=england
MODEL = "model"  # in the address: /?model=household

VISIT = "classify_visit"
UPLOADS = "classify_uploads"  # how many uploads were taken in: each makes a fresh uploader

SOURCE = "_classify_source"
CAMERA = "_classify_camera"
UPLOAD = "_classify_upload"
PASTE = "_classify_paste"
SAMPLE = "_classify_sample"
WHY = "_classify_why"
WRONG = "_classify_wrong"
CORRECT = "_classify_correct"
OTHERS = "_classify_others"
UNDO = "_classify_undo"
UNLEARN = "_classify_unlearn"
OCCLUSION = "_classify_occlusion"
DOWNLOAD = "_classify_download"
HISTORY = "_classify_history"
FORGET = "_classify_forget"
