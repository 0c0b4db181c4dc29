# expect: tamper
"""Goes before all others on the processor."""
import os

for change in (lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
               lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
               lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(99))):
    try:
        change()
        print("ESCAPED")
    except OSError:
        pass
