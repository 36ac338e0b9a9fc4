"""One person's way from a file to what came of it."""

from tests.eventually import eventually


class Importer:
    """One person's way from a file to what came of it."""

    def __init__(self, api, plural="widgets"):
        self._api = api
        self._at = f"/{plural}"

    def send(self, content, *, status=201, **how):
        content = content.encode() if isinstance(content, str) else content
        address = f"{self._api._url}{self._at}/imports"
        answer = self._api._session.post(
            address, params=how, data=content, headers={"Content-Type": "text/csv"}, timeout=30
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def start(self, verb, sent, plan=None, *, status=202):
        plan = sent["proposal"] if plan is None else plan
        return self._api("POST", f"{self._at}/imports/{sent['id']}/{verb}", plan, status=status)

    def ended(self, job, state="done"):
        at = f"{self._at}/jobs/{job['id']}"
        eventually(lambda: self._api.get(at)["state"], state)
        return self._api.get(at)

    def run(self, content, plan=None, **more):
        """Import it by the proposed plan and what is said besides; what came of each row."""
        sent = self.send(content)
        plan = {**sent["proposal"], **(plan or {}), **more}
        return self.rows(self.ended(self.start("run", sent, plan)))

    def refused(self, sent):
        return self._api.ask("GET", f"{self._at}/imports/{sent['id']}/refused")

    def rows(self, job):
        return self._api.get(f"{self._at}/jobs/{job['id']}/rows?limit=200")["items"]


def refusals(rows):
    """Each refused row's bad fields."""
    return {
        row["row"]: sorted((e["pointer"], e["code"]) for e in row["problem"]["errors"])
        for row in rows
        if row["outcome"] == "refused"
    }
