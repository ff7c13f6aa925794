// What most plug-ins include, precompiled for fast builds (FAST=1).
#pragma once

#include "config_reader.h"
#include "route_rule_matcher.h"
