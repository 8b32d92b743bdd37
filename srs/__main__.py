from srs.cli import main

if __name__ == "__main__":
    main()
