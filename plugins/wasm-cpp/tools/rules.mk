# How objects, modules and native tests are made. Included by ../Makefile, which sets PLUGIN and ABI.
#
# Everything lies in OUT. The SDK's objects for wasm are shared; a plug-in's objects, the ABI marker
# and the module are kept per ABI. Each folder has a stamp of the flags its objects were made with, so
# that another ABI or flag never passes for up to date.

CXX_WASM := clang++-19
CXX_NATIVE := $(if $(shell command -v ccache 2>/dev/null),ccache )g++
CXX_STANDARD := -std=c++20 -Wall -Wextra -iquote common -iquote .

# Libraries ----------------------------------------------------------------------------------------

# $(OUT)/libraries/<name> is a link into the cache. A deleted cache is made again.
define library_rule
ifeq ($$(wildcard $(OUT)/libraries/$(1)/include),)
$(OUT)/libraries/$(1).stamp: FORCE
endif
$(OUT)/libraries/$(1).stamp: tools/library.py $$(wildcard tools/*.h tools/*/*/*.h)
	@mkdir -p $(OUT)/libraries
	@place=$$$$(python3 tools/library.py $(1)) && ln -sfn "$$$$place" $(OUT)/libraries/$(1)
	@touch $$@
endef
$(foreach name,re2 mbedtls sodium,$(eval $(call library_rule,$(name))))

LIBRARY_STAMPS = $(foreach name,$(LIBRARIES),$(OUT)/libraries/$(name).stamp)
LIBRARY_FLAGS = $(foreach name,$(LIBRARIES),-isystem $(OUT)/libraries/$(name)/include) \
  $(if $(filter mbedtls,$(LIBRARIES)),-DMBEDTLS_CONFIG_FILE='"wasmgate_mbedtls_config.h"')
LIBRARY_LINKS = $(foreach name,$(LIBRARIES),$(OUT)/libraries/$(name)/lib$(name).a)

# Parts of the SDK that need a library.
SDK_OF_re2 := common/regex.cc
SDK_OF_mbedtls := common/crypto_util.cc common/password_hash.cc
SDK_OF_sodium := common/jwt.cc common/jwk.cc
SDK_LIBRARY_SOURCES := $(SDK_OF_re2) $(SDK_OF_mbedtls) $(SDK_OF_sodium)
SDK_PLAIN := $(filter-out %_test.cc $(SDK_LIBRARY_SOURCES),$(wildcard common/*.cc))
SDK_SOURCES := $(SDK_PLAIN) $(foreach name,$(LIBRARIES),$(SDK_OF_$(name)))

# WebAssembly --------------------------------------------------------------------------------------

# FAST=1 (`wasmgate dev`): the plug-in's own objects with a precompiled SDK header, with the JSON library's
# class made once, and without optimising. Plug-ins with the same libraries share both.
WASM_DIR := $(OUT)/wasm-$(ABI)$(if $(FAST),-fast)
space := $(subst ,, )
FAST_DIR := $(WASM_DIR)/sdk$(subst $(space),,$(LIBRARIES:%=-%))
FAST_PCH := $(if $(FAST),$(FAST_DIR)/sdk.pch)
FAST_OBJECTS := $(if $(FAST),$(FAST_DIR)/json_instance.o)
WASM_FLAGS := --target=wasm32-wasi -O2 -fno-exceptions -fvisibility=hidden \
  -ffile-prefix-map=$(CURDIR)=. $(CXX_STANDARD)
WASM_ABI_FLAGS := $(if $(FAST),$(subst -O2,-O0 -DWASMGATE_FAST,$(WASM_FLAGS)),$(WASM_FLAGS)) \
  $(if $(filter 0_2_100,$(ABI)),-DPROXY_WASM_0_2_100) $(if $(FAST),,$(PLUGIN_DIR:%=-ffile-prefix-map=%=$(PLUGIN)))
WASM_LINK := --target=wasm32-wasi -mexec-model=reactor -Wl,--export=malloc -Wl,--stack-first \
  -Wl,-z,stack-size=262144 -Wl,--strip-debug
PLUGIN_SOURCES := $(filter-out %_test.cc,$(wildcard $(DIR)/*.cc))
WASM_OBJECTS := $(patsubst %.cc,$(OUT)/wasm/%.o,$(filter-out common/abi_marker.cc,$(SDK_SOURCES))) \
  $(patsubst %.cc,$(WASM_DIR)/%.o,common/abi_marker.cc $(PLUGIN_SOURCES)) $(FAST_OBJECTS)
WASM := $(WASM_DIR)/$(DIR)/plugin.wasm

# $(call keep_stamp,text): writes the target only when the text differs from what it holds.
keep_stamp = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@

$(OUT)/wasm/flags.stamp: FORCE
	$(call keep_stamp,$(CXX_WASM) $(WASM_FLAGS))
$(WASM_DIR)/flags.stamp: FORCE
	$(call keep_stamp,$(CXX_WASM) $(WASM_ABI_FLAGS))

$(OUT)/wasm/%.o: %.cc $(OUT)/wasm/flags.stamp | $(LIBRARY_STAMPS)
	@mkdir -p $(@D)
	$(CXX_WASM) $(WASM_FLAGS) $(LIBRARY_FLAGS) -MMD -MP -c $< -o $@
$(WASM_DIR)/%.o: %.cc $(WASM_DIR)/flags.stamp $(FAST_PCH) | $(LIBRARY_STAMPS)
	@mkdir -p $(@D)
	$(CXX_WASM) $(WASM_ABI_FLAGS) $(LIBRARY_FLAGS) $(FAST_PCH:%=-include-pch %) -MMD -MP -c $< -o $@
$(FAST_DIR)/sdk.pch: tools/sdk_pch.h $(WASM_DIR)/flags.stamp | $(LIBRARY_STAMPS)
	@mkdir -p $(@D)
	$(CXX_WASM) $(WASM_ABI_FLAGS) $(LIBRARY_FLAGS) -fpch-instantiate-templates -MMD -MP -MT $@ \
	  -MF $(@:.pch=.pch.d) -x c++-header $< -o $@
$(FAST_DIR)/json_instance.o: common/fast/json_instance.cc $(FAST_DIR)/sdk.pch
	$(CXX_WASM) $(WASM_ABI_FLAGS) $(LIBRARY_FLAGS) -include-pch $(FAST_DIR)/sdk.pch -MMD -MP -c $< -o $@

# The link line is a prerequisite too: a removed source or another flag changes the module.
$(WASM_DIR)/$(DIR)/link.stamp: FORCE
	$(call keep_stamp,$(WASM_LINK) $(WASM_OBJECTS) $(LIBRARIES))

$(WASM): $(WASM_OBJECTS) $(WASM_DIR)/$(DIR)/link.stamp $(LIBRARY_STAMPS)
	$(CXX_WASM) $(WASM_LINK) $(WASM_OBJECTS) $(LIBRARY_LINKS) -o $@

# Native tests -------------------------------------------------------------------------------------

# SANITIZE=address,undefined builds the tests with those sanitizers, in their own folder.
comma := ,
NATIVE_DIR := $(OUT)/native$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))
NATIVE_FLAGS := -O1 -g $(CXX_STANDARD) -DWASMGATE_CASES_DIR='"$(abspath ../cases)"' \
  $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
# Native tests use Debian's own builds of the same libraries.
NATIVE_LINKS_re2 := -lre2
NATIVE_LINKS_mbedtls := -lmbedcrypto -lcrypt
NATIVE_LINKS_sodium := -lsodium
native_objects = $(patsubst %.cc,$(NATIVE_DIR)/%.o,$(1))
SIMULATOR := $(filter-out %_test.cc,$(wildcard common/testing/*.cc))

PLUGIN_TEST := $(NATIVE_DIR)/$(DIR)/plugin_test
PLUGIN_TEST_OBJECTS := $(call native_objects,$(SDK_SOURCES) $(SIMULATOR) $(wildcard $(DIR)/*.cc))
BASE_TEST := $(NATIVE_DIR)/base_test
BASE_TEST_OBJECTS := $(call native_objects,$(SDK_PLAIN) $(SDK_LIBRARY_SOURCES) $(SIMULATOR) \
  $(wildcard common/*_test.cc common/testing/*_test.cc))

$(NATIVE_DIR)/flags.stamp: FORCE
	$(call keep_stamp,$(subst ','\'',$(CXX_NATIVE) $(NATIVE_FLAGS)))

$(NATIVE_DIR)/%.o: %.cc $(NATIVE_DIR)/flags.stamp
	@mkdir -p $(@D)
	$(CXX_NATIVE) $(NATIVE_FLAGS) -MMD -MP -c $< -o $@

$(PLUGIN_TEST): $(PLUGIN_TEST_OBJECTS)
	$(CXX_NATIVE) $(NATIVE_FLAGS) $^ $(foreach name,$(LIBRARIES),$(NATIVE_LINKS_$(name))) \
	  -lgtest -lgtest_main -lpthread -o $@

$(BASE_TEST): $(BASE_TEST_OBJECTS)
	$(CXX_NATIVE) $(NATIVE_FLAGS) $^ $(foreach name,re2 mbedtls sodium,$(NATIVE_LINKS_$(name))) \
	  -lgtest -lgtest_main -lpthread -o $@

# Surface ------------------------------------------------------------------------------------------

# Programs that use every public name: compiled, not run.
SURFACE := $(wildcard tests/surface/*.cc)
SURFACE_STAMPS := $(SURFACE:tests/surface/%.cc=$(OUT)/surface/%.wasm.stamp) \
  $(SURFACE:tests/surface/%.cc=$(OUT)/surface/%.native.stamp)
ALL_LIBRARY_STAMPS := $(foreach name,re2 mbedtls sodium,$(OUT)/libraries/$(name).stamp)
ALL_LIBRARY_INCLUDES := $(foreach name,re2 mbedtls sodium,-isystem $(OUT)/libraries/$(name)/include)

$(OUT)/surface/%.wasm.stamp: tests/surface/%.cc $(OUT)/wasm/flags.stamp | $(ALL_LIBRARY_STAMPS)
	@mkdir -p $(@D)
	$(CXX_WASM) $(WASM_FLAGS) $(ALL_LIBRARY_INCLUDES) -MMD -MP -MT $@ -MF $(@:.stamp=.d) -fsyntax-only $<
	@touch $@
$(OUT)/surface/%.native.stamp: tests/surface/%.cc $(NATIVE_DIR)/flags.stamp
	@mkdir -p $(@D)
	$(CXX_NATIVE) $(NATIVE_FLAGS) -MMD -MP -MT $@ -MF $(@:.stamp=.d) -fsyntax-only $<
	@touch $@
-include $(SURFACE_STAMPS:.stamp=.d)

-include $(WASM_OBJECTS:.o=.d) $(FAST_PCH:=.d)
-include $(PLUGIN_TEST_OBJECTS:.o=.d)
-include $(BASE_TEST_OBJECTS:.o=.d)
