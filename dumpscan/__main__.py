"""`python -m dumpscan`: the same program, where a launcher may not be run."""

from dumpscan.cli import main

if __name__ == "__main__":
    main()
