"""`tandem serve` on a given database: `python -m tests.e2e.serve_alone SERVICE DOORS URL`."""

import sys

from tandem import runtime  # patches first, as in `tandem serve`


def main(service: str, doors: str, url: str) -> int:
    from tandem import roster  # noqa: PLC0415 - after the patch

    roster.current_url = lambda *_: url
    return runtime.main(["serve", service, doors])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
