import pickle
import subprocess


def run(text, data):
    # ruleid: text-that-becomes-code
    eval(text)
    # ruleid: text-that-becomes-code
    subprocess.run(text, shell=True)
    # ruleid: text-that-becomes-code
    pickle.loads(data)
    # ok: text-that-becomes-code
    subprocess.run(["uv", text], check=True)
