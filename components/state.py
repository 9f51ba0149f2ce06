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

TRAIN_STARTED = "train_started"  # title of the run that this visitor has just started
TRAIN_TRASH = "train_trash"  # the run that this visitor deleted last: its name and its title

TRAIN_QUICK = "_train_quick"
TRAIN_STOP = "_train_stop"
TRAIN_DISCARD = "_train_discard"
TRAIN_RESUME = "_train_resume"
TRAIN_RENAME = "_train_rename"
TRAIN_DELETE = "_train_delete"
TRAIN_UNDO = "_train_undo"
TRAIN_PUBLISH = "_train_publish"
TRAIN_FILES = "_train_files"
TRAIN_QUEUE = "_train_queue"
TRAIN_VIEW = "_train_view"
TRAIN_CURVE = "_train_curve"
TRAIN_FILTER = "_train_filter"
TRAIN_TABLE = "_train_table"

TRAIN_DRAFT = "train_draft"  # the recipe that is being written
TRAIN_ID = "draft"  # in the address: /train?draft=...
TRAIN_STAGE = "train_stage"  # number of the stage whose settings are shown
TRAIN_LOOK = "train_look"  # which look of each photo the preview shows
TRAIN_PROBLEMS = "train_problems"  # what was wrong with a file or folder that was given, by widget
TRAIN_TURN = "train_turn"  # each upload makes a fresh uploader

TRAIN_EMPHASIS = "_train_emphasis"

COLLECTED_CHOSEN = "collected_chosen"  # ids of the photos that are ticked
COLLECTED_DONE = "collected_done"  # what was done last, in words, and the changes that undo takes back
COLLECTED_TAKEN = "collected_taken"  # what became of the zip that was loaded last
COLLECTED_TURN = "collected_turn"  # each upload makes a fresh uploader

COLLECTED_FILTER = "_collected_filter"
COLLECTED_PAGE = "_collected_page"
COLLECTED_TICK = "_collected_tick"
COLLECTED_ALL = "_collected_all"
COLLECTED_NONE = "_collected_none"
COLLECTED_CLASS = "_collected_class"
COLLECTED_DELETE = "_collected_delete"
COLLECTED_UNDO = "_collected_undo"
COLLECTED_DOWNLOAD = "_collected_download"
COLLECTED_ZIP = "_collected_zip"

AGAIN = "_again"  # then the parent
AGAIN_EMPHASIS = "_again_emphasis"
AGAIN_OPEN = "_again_open"

SIGN_IN = "_sign_in"  # then the provider
SIGN_OUT = "_sign_out"
EXPORT = "_export"

FIELD = "_train_field"  # then the place of the field in the recipe
TRAIN_TITLE = "_train_title"
TRAIN_NOTE = "_train_note"
TRAIN_START = "_train_start"
TRAIN_SOURCES = "_train_sources"
TRAIN_FOLDER = "_train_folder"
TRAIN_ZIP = "_train_zip"
TRAIN_RECYCLED = "_train_recycled"
TRAIN_OWN_RULES = "_train_own_rules"
TRAIN_COPIES = "_train_copies"
TRAIN_FROM = "_train_from"
TRAIN_YAML = "_train_yaml"
TRAIN_SWEEP = "_train_sweep"
TRAIN_QUEUE_ALL = "_train_queue_all"
TRAIN_DOWNLOAD = "_train_download"
TRAIN_METHOD = "_train_method"
TRAIN_PRESET = "_train_preset"
TRAIN_SWITCH = "_train_switch"
TRAIN_PREVIEW = "_train_preview"
TRAIN_REDRAW = "_train_redraw"
TRAIN_FOLD = "_train_fold"

ANALYSE_SUBJECT = "subject"  # in the address: /analyse?subject=household
ANALYSE_DATA = "data"
ANALYSE_SPLIT = "split"
ANALYSE_BESIDE = "beside"
ANALYSE_WISHES = "map"
ANALYSE_VIEW = "view"

ANALYSE_CHOICES = "analyse_choices"
ANALYSE_FURTHER = "analyse_further"
ANALYSE_PATH = "_analyse_path"
ANALYSE_FILE = "_analyse_file"
ANALYSE_RULES = "_analyse_rules"  # then the subject
ANALYSE_MAP = "_analyse_map"  # then subject and data
ANALYSE_LEARNED = "_analyse_learned"  # then the evaluation
ANALYSE_SINCE = "_analyse_since"
ANALYSE_START = "_analyse_start"  # then the evaluation
ANALYSE_STOP = "_analyse_stop"  # then the evaluation

ANALYSE_PAGE = "_analyse_page"  # then the place of the photos
ANALYSE_FIGURE = "_analyse_figure"  # then the name of the figure
ANALYSE_BY = "_analyse_by"  # then the view
ANALYSE_SHOWN = "_analyse_shown"
ANALYSE_ONLY = "_analyse_only"
ANALYSE_SIBLINGS = "_analyse_siblings"
ANALYSE_COLOUR = "_analyse_colour"
ANALYSE_RIGHT = "_analyse_right"
ANALYSE_SHARES = "_analyse_shares"
ANALYSE_LEAST = "_analyse_least"
ANALYSE_DIAGONAL = "_analyse_diagonal"
ANALYSE_PAIRS = "_analyse_pairs"
ANALYSE_MORE = "_analyse_more"  # then the view
ANALYSE_GROUPING = "_analyse_grouping"
ANALYSE_CLASSES = "_analyse_classes"
ANALYSE_SURENESS = "_analyse_sureness"  # of the class, or of recycling or bin
ANALYSE_ERROR = "_analyse_error"
ANALYSE_EXAMPLES = "_analyse_examples"
ANALYSE_SAVE = "_analyse_save"
ANALYSE_CHANGE_OF = "_analyse_change_of"
ANALYSE_CHANGE = "_analyse_change"
ANALYSE_REPORT = "_analyse_report"
ANALYSE_PHOTO = "analyse_photo"  # which of the photos is open, counted from 0
ANALYSE_OPEN = "analyse_open"  # the place on the page of the photo that is open
ANALYSE_PART = "analyse_part"  # the analysis and row of the photo whose deciding part is shown
ANALYSE_LARGE = "_analyse_large"  # then what it is in the large view
ANALYSE_FILTER = "_analyse_filter"  # then the name of the filter
ANALYSE_LABEL = "_analyse_label"  # then the photo, or the change that is undone
ANALYSE_CHANGED = "analyse_changed"  # that a label was put right and the figures do not know of it yet
ANALYSE_LATELY = "_analyse_lately"  # the fold of what was answered in the last weeks
