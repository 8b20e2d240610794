"""What the tests judge: scenes by the part of the API that they play in, each a fixture, played once in a run."""

from conformance.suite.scenes.collections import *
from conformance.suite.scenes.intruders import *
from conformance.suite.scenes.meanwhile import *
from conformance.suite.scenes.refusals import *
from conformance.suite.scenes.requests import *
from conformance.suite.scenes.steering import *
from conformance.suite.scenes.streams import *
from conformance.suite.scenes.turns import *
