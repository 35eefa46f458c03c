from streams.worker_slots import claim, delete, views


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


def test_the_slots_of_an_app_are_deleted_once_their_workers_have_ended(tmp_path):
    ended, runs, other = claim(tmp_path, views(2)), claim(tmp_path, views(2)), claim(tmp_path, views(1))
    (ended.path / "store").mkdir()
    ended.release()
    assert not delete(tmp_path, views(2))
    assert not ended.path.exists()
    assert runs.path.exists()
    runs.release()
    assert delete(tmp_path, views(2))
    assert not (tmp_path / "worker" / views(2)).exists()
    assert other.path.exists()


def test_to_delete_what_is_not_there_is_fine(tmp_path):
    assert delete(tmp_path, views(7))
