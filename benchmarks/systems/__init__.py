"""How fast and how safe the system is: speed, scale, crashes, sandbox, throughput."""
