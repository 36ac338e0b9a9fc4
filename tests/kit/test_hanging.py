"""What hangs on a record goes when the record is gone for good, and nothing else does."""


def test_a_purge_leaves_nothing_behind(workshop, ben, boss, widget, tag):
    other = ben.create("widgets", name=tag)["id"]
    for record_id in (widget["id"], other):
        path = f"/widgets/{record_id}"
        ben("PUT", f"{path}/tags/{tag}", status=204)
        ben("PUT", f"{path}/follow", status=204)
        made = ben("POST", f"{path}/comments", {"body": "one"}, status=201)["id"]
        ben("PATCH", f"{path}/comments/{made}", {"body": "two"})
    comment = ben.get(f"/widgets/{widget['id']}/comments")["items"][0]["id"]
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    boss("POST", "/widgets/bin/purge", {"ids": [widget["id"]]})
    counted = [
        workshop.sql(f"SELECT count(*) FROM {table} WHERE {column} = %s", key)
        for key in (widget["id"], other)
        for table, column in (
            ("record_tag", "record_id"),
            ("follower", "record_id"),
            ("comment", "record_id"),
        )
    ]
    assert counted == [[(0,)]] * 3 + [[(1,)]] * 3
    versions = "SELECT count(*) FROM comment_version WHERE comment_id = %s"
    assert workshop.sql(versions, comment) == [(0,)]
