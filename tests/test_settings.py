import json
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from srs.cards import Preset
from srs.days import Days
from srs.errors import SettingsError
from srs.settings import OPTIONS, Kept, load_settings, parse_options, preset_options


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
        ('new_order = "last"', "new_order", "last"),
        ('review_order = "random"', "review_order", "random"),
        ("bury_siblings = false", "bury_siblings", False),
        ("leech_threshold = 0", "leech_threshold", 0),
        ('leech_action = "suspend"', "leech_action", "suspend"),
        ("fuzz = false", "fuzz", False),
        ("load_balance = false", "load_balance", False),
        ("easy_days = {saturday = 0.5, sunday = 0}", "easy_days", (1, 1, 1, 1, 1, 0.5, 0)),
        ("typed = true", "typed", True),
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
        'new_order = "shuffled"', "review_order = 1", 'bury_siblings = "yes"', "leech_threshold = -1", "leech_threshold = 2.5",
        'leech_action = "delete"', "fuzz = 1", "load_balance = 0", "easy_days = {caturday = 0.5}", "easy_days = {sunday = 1.5}",
        "easy_days = [0, 0]", "easy_days = 0.5", 'typed = "x"', "deck = 5", '[deck."a/b"]\nnew_cards = 1',
        '[deck."a"]\ndesired_retention = 0.5', "[deck.a.b]\nfuzz = false",
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


# -- options of decks

DECKS = """
desired_retention = 0.85
[deck.interview]
new_per_day = 5
learning_steps = ["3m"]
[deck."interview/behavioral"]
new_per_day = 2
"""


def test_options_inherit_down_the_path(read):
    settings = read(DECKS)
    assert settings.preset_for(None, {}) == settings.preset == Preset(desired_retention=0.85)
    assert settings.preset_for("other", {}) == settings.preset
    assert settings.preset_for("interviews", {}) == settings.preset, "a name that only begins alike"
    assert settings.preset_for("interview/hr", {}) == Preset(
        desired_retention=0.85, new_per_day=5, learning_steps=(3.0,)
    )
    below = settings.preset_for("interview/behavioral/team", {})
    assert (below.new_per_day, below.learning_steps, below.desired_retention) == (2, (3.0,), 0.85)


def test_the_collection_goes_before_srs_toml_for_the_same_deck_and_the_nearer_deck_before_the_farther(read):
    settings = read(DECKS)
    held = {"interview": {"new_per_day": 9, "fuzz": False}}
    assert settings.preset_for("interview", held).new_per_day == 9
    assert settings.preset_for("interview/behavioral", held).new_per_day == 2
    assert settings.preset_for("interview/behavioral", held).fuzz is False
    assert settings.preset_for("interview/behavioral", {"interview/behavioral": {"new_per_day": 1}}).new_per_day == 1


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("new_per_day", "5", 5),
        ("desired_retention", "0.85", 0.85),
        ("answer_cap", "90", 90),
        ("learning_steps", "1m 10m", (1.0, 10.0)),
        ("learning_steps", '["1m", "1h"]', (1.0, 60.0)),
        ("relearning_steps", "30s,5m", (0.5, 5.0)),
        ("learning_steps", "", ()),
        ("fuzz", "no", False),
        ("typed", "True", True),
        ("review_order", "due", "due"),
        ("easy_days", "saturday:0.5 sunday:0", (1, 1, 1, 1, 1, 0.5, 0)),
        ("easy_days", "{saturday = 0.5, sunday = 0}".replace(" = ", "="), (1, 1, 1, 1, 1, 0.5, 0)),
        ("easy_days", "", (1, 1, 1, 1, 1, 1, 1)),
    ],
)
def test_an_option_is_read_from_text_and_survives_the_collection(read, name, text, value):
    options = parse_options("srs deck set", {name: text})
    assert options == {name: value}
    held = json.loads(json.dumps({"a": options}))
    assert getattr(read("").preset_for("a", held), name) == value


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("new_per_day", "many", "a number from 0 to 9999"),
        ("new_per_day", "2.5", "a whole number"),
        ("desired_retention", "90%", "a number from 0.7 to 0.99"),
        ("desired_retention", "0.5", "a number from 0.7 to 0.99"),
        ("desired_retention", "nan", "a number from 0.7 to 0.99"),
        ("learning_steps", "5 minutes", 'a list such as ["1m", "10m"]'),
        ("fuzz", "maybe", "true or false"),
        ("leech_action", "delete", "one of tag, suspend"),
        ("easy_days", "sunday", "sunday must be a number from 0 to 1"),
        ("easy_days", "caturday:1", "weekdays such as {saturday = 0.5, sunday = 0}"),
        ("new_cards", "1", "known are new_per_day, reviews_per_day"),
    ],
)
def test_a_wrong_text_is_answered_with_the_right_form(name, text, right):
    with pytest.raises(SettingsError, match=r"^srs deck set: ") as caught:
        parse_options("srs deck set", {name: text})
    assert right in str(caught.value)
    assert name in str(caught.value)


def test_options_in_the_collection_that_make_no_sense_name_the_deck(read):
    with pytest.raises(SettingsError, match="deck “a”: desired_retention must be a number"):
        read("").preset_for("a/b", {"a": {"desired_retention": 5}})


def test_every_option_has_a_check_and_every_default_passes_it():
    defaults = {f.name: getattr(Preset(), f.name) for f in fields(Preset) if f.name != "parameters"}
    written = {n: [f"{step}m" for step in v] if n.endswith("_steps") else v for n, v in defaults.items()}
    assert preset_options("here", written) == defaults


def test_every_option_of_a_deck_has_a_default_a_range_and_a_line_in_the_readme():
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    assert {field.name for field in fields(Preset)} - {"parameters"} == OPTIONS.keys()  # these are fitted, not set
    for name in OPTIONS:
        assert f"\n{name} = " in readme, name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", Kept(12, 10, 9)),
        ("backups = false", None),
        ("backups = {daily = 3, monthly = 0}", Kept(3, 10, 0)),
        ("[backups]\ndaily = 0\nweekly = 0\nmonthly = 0", None),
    ],
)
def test_which_backups_are_kept_is_a_setting(tmp_path, written, kept):
    (tmp_path / "srs.toml").write_text(written)
    assert load_settings(None, str(tmp_path / "srs.toml")).backups == kept


@pytest.mark.parametrize("written", ["true", "12", "{hourly = 1}", "{daily = -1}", "{daily = 1.5}"])
def test_backups_that_make_no_sense_are_refused(tmp_path, written):
    (tmp_path / "srs.toml").write_text(f"backups = {written}")
    with pytest.raises(SettingsError, match="backups"):
        load_settings(None, str(tmp_path / "srs.toml"))
