# expect: file_limit
"""Makes a sparse result file of 10 GB."""
with open("results.json", "wb") as file:
    file.truncate(10 << 30)
print("ESCAPED: a file of 10 GB")
