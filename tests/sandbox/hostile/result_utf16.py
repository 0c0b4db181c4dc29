# expect: bad_result
"""Writes its result in another encoding, with a mark in front that readers may guess it by."""
open("results.json", "wb").write('{"accuracy": 1.0}'.encode("utf-16"))
