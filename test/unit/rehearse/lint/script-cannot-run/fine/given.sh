nc -z localhost 80
