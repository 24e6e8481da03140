"""Wait until the Swift at the URL answers, and make the bucket. The keys come in ACCESS_KEY and SECRET_KEY."""
import os
import sys
import time
import urllib.request

START_SECONDS = 60


def ask(url, method, headers):
    request = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.headers


def make_bucket(url, bucket):
    user, key = os.environ['ACCESS_KEY'], os.environ['SECRET_KEY']
    session = ask(f'{url}/auth/v1.0', 'GET', {'X-Auth-User': user, 'X-Auth-Key': key})
    token = {'X-Auth-Token': session['X-Auth-Token']}
    # S3 puts the parts of what is uploaded in many into a bucket beside it.
    for name in (bucket, f'{bucket}+segments'):
        ask(f"{url}/v1/{session['X-Storage-Url'].rsplit('/', 1)[1]}/{name}", 'PUT', token)


def main(url, bucket):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return make_bucket(url, bucket)
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f'{url} does not answer: {error}')
            time.sleep(0.2)


main(*sys.argv[1:])
