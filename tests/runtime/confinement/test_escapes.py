"""Claims: no attempt to break out succeeds, and the attempts would succeed if nothing held them."""

import pytest

from runtime.confinement.confined import ISOLATIONS, nursery
from whence.runtime.confinement import attempted
from whence.runtime.confinement.escapes import ATTEMPTS, BY_NAME, Attempt, Targets, tried
from whence.runtime.confinement.probe import probe

# Possible for any user on any Linux where nothing stops them.
POSSIBLE_WITHOUT_CONFINEMENT = """
read the password file
read a secret of the host
read a secret relative to the root folder
read a secret through many parents
read a secret through a path handle
read a secret by openat2
open a file by a made up handle
list the root folder
list the folder of the secret
read the environment of the host
read the command line of the host
follow the links of the host in proc
list the processes
write a file outside
write a file in tmp
append to a file outside
truncate a file outside by its path
truncate a file outside by opening it to read
rename a file outside
move a file from outside into the scratch folder
move a file of the scratch folder outside
delete a file outside
make a folder outside
read a secret through a symbolic link
leave a symbolic link for the host
read a secret through a hard link
make a named pipe
change the mode of a file outside
change the times of a file outside
change the owner of a file outside
read the scratch folder of another
write into the scratch folder of another
list the scratch folders
open the source of zeros
run a command in the shell
run a program
spawn a program
become a program
fork
clone a process
clone into a new user namespace
become a program by descriptor
wait for children
connect to a port of this machine
listen on a port
send a datagram
connect to an abstract socket
connect to a socket in a folder
listen in the scratch folder
make a pair of sockets that take addresses
connect half of a pair elsewhere
send to an address by half of a pair
pass on a descriptor
talk to the kernel about networks
bind a descriptor
listen on a descriptor
accept from a descriptor
signal the host
signal the parent
signal everybody
signal the group
signal a thread of the parent
signal a thread of the parent in the old way
hold a handle of the host
hold a handle of the parent
have the kernel signal the parent
signal by handle
outlive the parent
leave a namespace
enter a namespace
move pages between pipes
give pages to a pipe
double a pipe
take signals from a file
watch a folder
become another kind of process
type into a terminal
ask a socket for network cards
enlarge a pipe
list what the host has open
read the limits of the host
become dumpable
replace the filter
add another filter
set its limits
ask for more memory than granted
ask for shared memory that no limit counts
ask for a stack that no limit counts
stretch a file beyond the limit
reserve a file beyond the limit
write beyond the limit of a file
open more files than granted
""".strip().splitlines()


def test_there_are_more_than_seventy_attempts_each_with_a_name_of_its_own():
    assert len(ATTEMPTS) >= 70
    assert len(BY_NAME) == len(ATTEMPTS)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_attempt_is_stopped(isolation):
    with nursery(isolation) as workers:
        outcomes = attempted(workers, ATTEMPTS)
    assert {name: what for name, what in outcomes.items() if not what.startswith("stopped")} == {}
    assert len(outcomes) == len(ATTEMPTS)


def test_the_same_attempts_succeed_where_nothing_confines():
    chosen = [BY_NAME[name] for name in POSSIBLE_WITHOUT_CONFINEMENT]
    with nursery("unsafe") as workers:
        outcomes = attempted(workers, chosen)
        assert workers.layers == ("none",)
    assert {name: what for name, what in outcomes.items() if not what.startswith("ESCAPED")} == {}


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_probe_reports_that_nothing_got_through(isolation):
    with nursery(isolation) as workers:
        strength = probe(workers)
    assert strength.escaped == ()
    assert strength.holds
    assert strength.tried == sum(attempt.quick for attempt in ATTEMPTS)
    assert strength.environment == isolation
    assert "seccomp" in strength.layers


def test_the_probe_says_that_landlock_leaves_names_visible_and_namespaces_do_not():
    with nursery("landlock") as workers:
        assert any("Names, sizes and times" in note for note in probe(workers).notes)
    with nursery("bubblewrap") as workers:
        assert not any("Names, sizes and times" in note for note in probe(workers).notes)


def test_the_probe_reports_what_gets_through():
    with nursery("unsafe") as workers:
        strength = probe(workers)
    assert not strength.holds
    assert "read a secret of the host" in strength.escaped
    assert any("Nothing confines" in note for note in strength.notes)


def test_an_attempt_that_fails_by_its_own_fault_does_not_count_as_stopped():
    def broken(targets):
        return targets.no_such_name

    assert tried(Attempt("broken", "test", broken), Targets()).startswith("FAULTY")
