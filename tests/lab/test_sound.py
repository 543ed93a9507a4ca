"""The sound server gives no warn and no fail: `bansho check` says of it exactly what somebody reviewed (sound.json)."""
import pytest

from conftest import diff_states, outer_clock, reviewed

# What the lab cannot have: an archive to ask, three months of mail logs, and where the outer machine's clock is not synchronised its own cannot be told.
NOT_SEEN = {("update.pending", ""), ("account.unused", "mail")} | ({("log.clock", "")} if outer_clock() == "unknown" else set())


@pytest.mark.trixie
def test_sound_server_is_as_reviewed(sound, suite, deb):
    assert diff_states(reviewed(suite), sound.states()) == {}


@pytest.mark.trixie
def test_reviewed_list_has_nothing_wrong(suite):
    listed = reviewed(suite)
    assert {state for state in listed.values()} <= {"ok", "n/a", "unknown"}
    assert {key for key, state in listed.items() if state == "unknown"} == NOT_SEEN
