"""The files of `playbook/`, which the marketing team may change: read, checked, and given as plain values."""
