# Packages by apk.

APK := IPKG_INSTROOT="$(TARGET_DIR)" apk --root "$(TARGET_DIR)" --keys-dir "$(TOPDIR)/keys" \
	--no-logfile --preserve-env --repository "file://$(PACKAGE_DIR)/packages.adb" \
	--repositories-file "$(TOPDIR)/repositories" --cache-dir "$(DL_DIR)" \
	$(if $(CONFIG_SIGNATURE_CHECK),,--allow-untrusted)

LOCAL_KEY := $(TOPDIR)/keys/local-private-key.pem
LOCAL_KEY_PUB := $(TOPDIR)/keys/local-public-key.pem

# The manifest beside the images has a dash, as opkg's has.
print_packages = $(APK) list --quiet --manifest --no-network
list_packages = $(print_packages) | sort | sed 's/ / - /'
relations = $(APK) $(if $(filter depends,$(1)),info,list) --depends

define trust_local_key
mkdir -p "$(TARGET_DIR)/etc/apk/keys" && cp "$(LOCAL_KEY_PUB)" "$(TARGET_DIR)/etc/apk/keys/"
endef

package_reload:
	$(APK) add --arch "$(ARCH_PACKAGES)" --initdb
	if [ ! -f "$(PACKAGE_DIR)/packages.adb" ] || \
	   [ -n "$$(find "$(PACKAGE_DIR)" -cnewer "$(PACKAGE_DIR)/packages.adb")" ]; then \
		echo "Package list missing or not up-to-date, generating it." >&2; \
		$(MAKE_QUIETLY) package_index; \
	fi

# The local packages are signed by a key that is made on the first run.
package_index: $(LOCAL_KEY_PUB)
	@echo >&2
	@echo Building package index... >&2
	@mkdir -p "$(TARGET_DIR)/tmp" "$(TMP_DIR)"
	@cd "$(PACKAGE_DIR)" && $(APK) mkndx $(if $(CONFIG_SIGNATURE_CHECK),--sign "$(LOCAL_KEY)") \
		--allow-untrusted --output packages.adb *.apk >/dev/null

$(LOCAL_KEY_PUB):
	@echo Generate local signing keys... >&2
	@apk-keygen "$(LOCAL_KEY)" "$@"

package_install:
	@echo
	@echo Installing packages...
	@$(APK) add --arch "$(ARCH_PACKAGES)" --no-scripts $(BUILD_PACKAGES)
