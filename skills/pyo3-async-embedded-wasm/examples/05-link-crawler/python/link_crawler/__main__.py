"""`python -m link_crawler URL`: print the links that are broken."""

import argparse
import asyncio
import sys

from link_crawler import crawl


def main() -> int:
    """Run the command, and return its exit code: 0 fine, 1 broken links or nothing to crawl, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="link-crawler", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--max-pages", type=int, default=1000)
    options = parser.parse_args()
    try:
        report = asyncio.run(crawl(options.url, max_pages=options.max_pages))
    except (OverflowError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for page in report.broken:
        print(f"{page.url}: {page.problem}" + (f" (in {page.parent})" if page.parent else ""))
    print(f"{len(report.pages)} links, {len(report.broken)} broken", file=sys.stderr)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
