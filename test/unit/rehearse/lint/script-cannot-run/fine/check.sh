#!/usr/bin/env python3
raise SystemExit(1)
