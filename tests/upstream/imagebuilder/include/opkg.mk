# Packages by opkg.

OPKG := IPKG_NO_SCRIPT=1 IPKG_INSTROOT="$(TARGET_DIR)" OPKG_KEYS="$(TOPDIR)/keys" \
	opkg -f "$(TOPDIR)/repositories.conf" --offline-root "$(TARGET_DIR)" \
	--cache "$(DL_DIR)" --lists-dir /tmp/opkg-lists --add-dest root:/ \
	--add-arch all:100 --add-arch "$(ARCH_PACKAGES):200"

list_packages = $(OPKG) list-installed
print_packages = $(OPKG) list-installed $(if $(STRIP_ABI),--strip-abi)
relations = $(OPKG) $(1) -A

define trust_local_key
mkdir -p "$(TARGET_DIR)/etc/opkg/keys" && \
	cp key-build.pub "$(TARGET_DIR)/etc/opkg/keys/$$(usign -F -p key-build.pub)"
endef

# As upstream's: the index is made anew if anything is newer, which its own signature always is.
package_reload:
	if [ ! -f "$(PACKAGE_DIR)/Packages.gz" ] || \
	   [ -n "$$(find "$(PACKAGE_DIR)" -cnewer "$(PACKAGE_DIR)/Packages.gz")" ]; then \
		echo "Package list missing or not up-to-date, generating it." >&2; \
		$(MAKE_QUIETLY) package_index; \
	else \
		mkdir -p "$(TARGET_DIR)/tmp"; \
		$(OPKG) update >&2 || true; \
	fi

# The local packages are signed by a key that is made on the first run.
package_index: key-build.pub
	@echo >&2
	@echo Building package index... >&2
	@mkdir -p "$(TARGET_DIR)/tmp" "$(TMP_DIR)"
	@cd "$(PACKAGE_DIR)" && make-index . > Packages && gzip -9nc Packages > Packages.gz \
		$(if $(CONFIG_SIGNATURE_CHECK),&& usign -S -m Packages -s "$(TOPDIR)/key-build")
	@$(OPKG) update >&2 || true

key-build.pub:
	@usign -G -s key-build -p key-build.pub -c "Local build key"
	@cp key-build.pub "keys/$$(usign -F -p key-build.pub)"

# libc and the kernel come first, and always from the ImageBuilder.
package_install:
	@echo
	@echo Installing packages...
	@$(OPKG) install $(firstword $(wildcard $(PACKAGE_DIR)/libc_*.ipk))
	@$(OPKG) install $(firstword $(wildcard $(PACKAGE_DIR)/kernel_*.ipk))
	@$(OPKG) install $(BUILD_PACKAGES)
