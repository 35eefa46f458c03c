from streams.worker_slots import claim


def test_each_worker_gets_the_lowest_free_slot(tmp_path):
    first, second = claim(tmp_path, "views"), claim(tmp_path, "views")
    assert (first.member, second.member) == ("views-0", "views-1")
    first.release()
    assert claim(tmp_path, "views").member == "views-0"


def test_apps_do_not_share_slots(tmp_path):
    assert claim(tmp_path, "parse").path != claim(tmp_path, "views").path


def test_a_slot_filled_from_another_cluster_is_emptied(tmp_path):
    slot = claim(tmp_path, "views")
    assert not slot.belongs_to("one")
    (slot.path / "store").mkdir()
    assert slot.belongs_to("one")
    assert (slot.path / "store").exists()
    assert not slot.belongs_to("two")
    assert not (slot.path / "store").exists()
