a=0 b=1
for _ in $(seq 1 20); do echo -n "$a "; c=$((a + b)); a=$b; b=$c; done
echo
