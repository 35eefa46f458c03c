from streams.worker_slots import claim


def test_each_worker_gets_the_lowest_free_slot(tmp_path):
    first, second = claim(tmp_path, "views"), claim(tmp_path, "views")
    assert [slot.path.name for slot in (first, second)] == ["slot-0", "slot-1"]
    assert first.member != second.member
    first.release()
    assert claim(tmp_path, "views").member == first.member


def test_workers_of_two_data_directories_have_two_ids(tmp_path):
    assert claim(tmp_path / "one", "views").member != claim(tmp_path / "other", "views").member


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
