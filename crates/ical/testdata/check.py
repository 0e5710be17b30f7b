"""Reads the golden files with other people's code and compares what they mean with what is written here.

The expected times were worked out by hand, not by the program under test. Needs requirements.txt.
"""

import pathlib
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

UTC = timezone.utc

# file: [(UID without its domain, start and end in UTC, or a day)]
EXPECTED = {
    "london": [("1", "2026-11-24 10:00", "2026-11-24 12:05")],
    "london-moved": [("1", "2027-04-06 13:30", "2027-04-06 15:35")],
    "london-cancelled": [("1", "2027-04-06 13:30", "2027-04-06 15:35")],
    "london-download": [("1", "2026-11-24 10:00", "2026-11-24 12:05")],
    "london-download-unconfirmed": [("1", "2026-11-24 10:00", "2026-11-24 12:05")],
    "london-download-cancelled": [("1", "2026-11-24 10:00", "2026-11-24 12:05")],
    "london-2075": [("2", "2075-07-01 08:00", "2075-07-01 10:00")],
    "london-spring": [("3", "2027-03-28 00:30", "2027-03-28 01:30")],
    "london-autumn": [("4", "2026-10-24 23:30", "2026-10-25 01:30")],
    "toronto": [("5", "2026-10-31 19:00", "2026-10-31 21:00")],
    "toronto-2006": [("6", "2006-11-01 20:00", "2006-11-01 22:00")],
    "lord-howe": [("7", "2026-10-03 15:00", "2026-10-03 16:00")],
    "lord-howe-repeated": [("8", "2027-04-03 15:15", "2027-04-03 16:30")],
    "kolkata": [("9", "2026-11-24 04:30", "2026-11-24 06:35")],
    # Ramadan 2027 begins on 8 February: Gaza is then on winter time, two hours ahead.
    "gaza": [("a", "2027-02-10 08:00", "2027-02-10 10:05")],
    "dublin": [("b", "2026-11-24 10:00", "2026-11-24 12:05")],
    "utc": [("c", "2026-11-24 10:00", "2026-11-24 12:05")],
    "hostile": [("d", "2026-11-24 10:00", "2026-11-24 12:05")],
    "plan": [
        ("e-1", date(2026, 10, 20), date(2026, 10, 21)),
        ("e-2", "2026-10-24 17:00", "2026-10-24 17:15"),
        ("e-3", "2026-10-26 18:00", "2026-10-26 18:15"),
        ("e-4", date(2026, 12, 31), date(2027, 1, 1)),
    ],
}
METHODS = {
    "london-cancelled": "CANCEL",
    "london-download": "PUBLISH",
    "london-download-unconfirmed": "PUBLISH",
    "london-download-cancelled": "CANCEL",
    "plan": "PUBLISH",
}
SEQUENCES = {"london-moved": 1, "london-cancelled": 2, "london-download-cancelled": 1}
# A published event that is called off is cancelled without anybody being asked (RFC 5546, section 4.1.3).
STATUSES = {
    "london-cancelled": "CANCELLED",
    "london-download-unconfirmed": "TENTATIVE",
    "london-download-cancelled": "CANCELLED",
}
YEARS_BY_RULE = 10


def moment(text):
    """An expected time: UTC, or a day as it is."""
    return text if isinstance(text, date) else datetime.fromisoformat(text).replace(tzinfo=UTC)


def instant(value):
    """A read time as UTC, or a day as it is."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def by_own_zone(calendar, prop):
    """A time read only with the VTIMEZONE of the file, not with the reader's own zone data."""
    tzid = prop.params.get("TZID")
    if tzid is None:
        return instant(prop.dt)
    zone = next(zone for zone in calendar.walk("VTIMEZONE") if str(zone["TZID"]) == tzid)
    return prop.dt.replace(tzinfo=zone.to_tz(lookup_tzid=False)).astimezone(UTC)


def check_zone(component, start, end):
    """The zone of the file agrees with the zone database: once a day, and hourly where the clocks change."""
    own, known = component.to_tz(lookup_tzid=False), ZoneInfo(str(component["TZID"]))
    day, last_day, compared = start.date(), end.date(), 0
    while day < last_day:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=known)
        changes = (noon - timedelta(days=1)).utcoffset() != (noon + timedelta(days=1)).utcoffset()
        for hour in range(24) if changes else [12]:
            local = noon.replace(hour=hour)
            # A repeated or left out hour has two readings, and readers of VTIMEZONE differ in it.
            if local.utcoffset() == local.replace(fold=1).utcoffset():
                found = local.replace(tzinfo=own).utcoffset()
                assert found == local.utcoffset(), f"{component['TZID']} at {local}: {found}"
                compared += 1
        day += timedelta(days=1)
    return compared


def check_file(path):
    """Checks one file and returns how many events it has."""
    name, calendar = path.stem, icalendar.Calendar.from_ical(path.read_bytes())
    assert not calendar.errors and not any(part.errors for part in calendar.walk()), "the reader complains"
    assert calendar["METHOD"] == METHODS.get(name, "REQUEST"), "method"
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    assert len(events) == len(EXPECTED[name]), "number of events"
    for uid, start, end in EXPECTED[name]:
        head, dash, step = uid.partition("-")
        event = events[f"{head.rjust(26, '0')}{dash}{step}@clinic.example"]
        for prop, expected in ("DTSTART", moment(start)), ("DTEND", moment(end)):
            assert instant(event[prop].dt) == expected, f"{uid} {prop}: {event[prop].dt}"
            assert by_own_zone(calendar, event[prop]) == expected, f"{uid} {prop} by its own zone"
        assert event["SEQUENCE"] == SEQUENCES.get(name, 0), "sequence"
        if name != "plan":
            assert event["STATUS"] == STATUSES.get(name, "CONFIRMED"), "status"
            assert ("ATTENDEE" in event) == ("download" not in name), "who is asked"
        if not isinstance(start, date):
            found = recurring_ical_events.of(calendar, skip_bad_series=False).between(
                moment(start) - timedelta(days=2), moment(end) + timedelta(days=2)
            )
            assert event["UID"] in [one["UID"] for one in found], f"{uid} is not found by its time"
    for zone in calendar.walk("VTIMEZONE"):
        times = [moment(time) for one in EXPECTED[name] for time in one[1:] if isinstance(time, str)]
        by_rule = any("RRULE" in part for part in zone.subcomponents)
        # Beyond the last event a file without rules has a year of transitions.
        ahead = timedelta(days=365 * (YEARS_BY_RULE if by_rule else 1))
        assert check_zone(zone, min(times), max(times) + ahead) >= 365, "too little compared"
    return len(events)


def main():
    """Checks every file, prints what is wrong, and fails if anything is."""
    folder = pathlib.Path(__file__).parent
    paths = sorted(folder.glob("*.ics"))
    wrong = sorted(EXPECTED.keys() ^ {path.stem for path in paths})
    events = 0
    for path in paths:
        try:
            events += check_file(path)
        except Exception as error:  # every file is to be named, whatever is wrong with it
            wrong.append(f"{path.name}: {type(error).__name__} {error}")
    print(*wrong, f"{len(paths)} files, {events} events, {len(wrong)} wrong", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
