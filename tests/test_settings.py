from zoneinfo import ZoneInfo

import pytest

from srs.cards import Preset
from srs.days import Days
from srs.errors import SettingsError
from srs.settings import load_settings


@pytest.fixture
def read(tmp_path):
    def read(text, database=None):
        path = tmp_path / "my.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_settings(database, str(path))

    return read


def test_without_a_file_everything_has_its_default(home):
    settings = load_settings(None, None)
    assert (settings.days, settings.preset) == (Days(), Preset())
    assert settings.database.startswith(str(home))
    assert settings.database.endswith("srs.db")


def test_the_file_of_the_platform_is_read_when_it_is_there(home):
    folder = home / "xdg_config_home" / "srs"
    folder.mkdir(parents=True)
    (folder / "srs.toml").write_text("new_per_day = 3")
    assert load_settings(None, None).preset.new_per_day == 3


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("new_per_day = 5", "new_per_day", 5),
        ("reviews_per_day = 0", "reviews_per_day", 0),
        ("desired_retention = 0.85", "desired_retention", 0.85),
        ('learning_steps = ["30s", "10m", "2h", "1d"]', "learning_steps", (0.5, 10.0, 120.0, 1440.0)),
        ("learning_steps = []", "learning_steps", ()),
        ('relearning_steps = ["5m"]', "relearning_steps", (5.0,)),
        ("answer_cap = 120", "answer_cap", 120),
    ],
)
def test_each_option_of_a_deck_is_read(read, line, name, value):
    assert getattr(read(line).preset, name) == value


def test_the_calendar_is_read(read):
    assert read('timezone = "Europe/Berlin"\nday_start = 0').days == Days(ZoneInfo("Europe/Berlin"), 0)


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(read, monkeypatch):
    assert read('database = "file.db"').database == "file.db"
    monkeypatch.setenv("SRS_DATABASE", "environment.db")
    assert read('database = "file.db"').database == "environment.db"
    assert read('database = "file.db"', "line.db").database == "line.db"


@pytest.mark.parametrize(
    "text",
    [
        "new_per_day = -1", "new_per_day = 2.5", 'new_per_day = "many"', "new_per_day = true", "reviews_per_day = 1e9",
        "desired_retention = 0.5", "desired_retention = 1", "desired_retention = nan", "answer_cap = 0", "answer_cap = inf",
        "day_start = 24", "day_start = 4.5", 'day_start = "4"', 'timezone = "Mars/Olympus"', "timezone = 5", 'timezone = ""',
        'timezone = "../../etc/passwd"', 'timezone = "Europe"', 'learning_steps = ["1 minute"]', "learning_steps = [1]",
        'learning_steps = ["0m"]', 'learning_steps = ["-1m"]', 'learning_steps = ["11d"]', 'learning_steps = ["nanm"]',
        'relearning_steps = "x"', "relearning_steps = [[]]", "database = 5", "new_cards = 3", "[deck]\nx = 1", "= nonsense",
        b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_the_file(read, text):
    with pytest.raises(SettingsError, match=r"my\.toml: ") as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_is_answered_with_those_that_there_are(read):
    with pytest.raises(SettingsError, match=r"“new_cards”.*new_per_day"):
        read("new_cards = 3")


def test_a_missing_file_is_an_error_only_when_it_was_named(tmp_path):
    with pytest.raises(SettingsError, match="no such settings file"):
        load_settings(None, str(tmp_path / "none.toml"))


def test_a_folder_is_no_settings_file(tmp_path):
    with pytest.raises(SettingsError):
        load_settings(None, str(tmp_path))
