import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from components.visit import MOST_PHOTOS, Upload, Visit
from recycler.classifier import Classifier, load_classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier("household")


def jpeg(shade: int, size: tuple[int, int] = (64, 48), exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (shade, 255 - shade, 128)).save(file, "JPEG", exif=exif or Image.Exif())
    return file.getvalue()


def test_the_oldest_photos_go_first_with_all_that_was_known_of_them(classifier: Classifier) -> None:
    visit = Visit()
    for shade in range(MOST_PHOTOS + 3):
        visit.add([Upload(f"{shade}.jpg", jpeg(4 * shade))], classifier)
    assert [photo.name for photo in visit.photos.values()] == [f"{shade}.jpg" for shade in range(3, MOST_PHOTOS + 3)]
    assert len(visit.predictions) == MOST_PHOTOS


def test_photos_that_came_together_are_all_shown_however_many(classifier: Classifier) -> None:
    visit = Visit()
    visit.add([Upload(f"{shade}.jpg", jpeg(4 * shade)) for shade in range(MOST_PHOTOS + 3)], classifier)
    assert len(visit.latest) == MOST_PHOTOS + 3
    assert set(visit.latest) <= set(visit.photos)


def test_the_copy_that_is_kept_is_small_and_says_nothing_of_place_or_time(classifier: Classifier) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:01 12:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 1.0, 2.0)
    visit = Visit()
    visit.add([Upload("holiday.jpg", jpeg(9, (2000, 1500), exif))], classifier)
    [photo] = visit.photos.values()
    with Image.open(io.BytesIO(photo.picture)) as copy:
        assert max(copy.size) == 640
        assert dict(copy.getexif()) == {}


def test_refusals_belong_to_the_files_that_came_last(classifier: Classifier) -> None:
    visit = Visit()
    visit.add([Upload("a.jpg", b"no photo"), Upload("b.jpg", jpeg(1)), Upload("c.jpg", b"")], classifier)
    assert [name for name, _ in visit.refused] == ["a.jpg", "c.jpg"]
    visit.add([Upload("d.jpg", jpeg(2))], classifier)
    assert visit.refused == []
    assert [photo.name for photo in visit.earlier()] == ["b.jpg"]


def test_the_first_answer_is_the_one_for_the_file_itself(classifier: Classifier) -> None:
    data = jpeg(77, (1600, 1200))
    visit = Visit()
    visit.add([Upload("a.jpg", data)], classifier)
    [prediction] = visit.predictions.values()
    np.testing.assert_array_equal(prediction.probabilities, classifier.classify(data).probabilities)
