echo 'waiting for something that never comes'
while true; do sleep 5; done
