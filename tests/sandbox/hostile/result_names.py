# expect: bad_result

open("results.json", "w").write('{"runs": {"\\ud800": 1, "\\udc00": 2}}')
