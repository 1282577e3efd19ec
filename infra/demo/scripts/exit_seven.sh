echo 'this will not end well' >&2
exit 7
