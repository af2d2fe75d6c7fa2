nc -z localhost 80 # script-cannot-run
