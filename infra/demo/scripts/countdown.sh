for number in 5 4 3 2 1; do printf '%s... ' "$number"; done
echo 'lift-off'
