# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium that can reach loopback only."""
import os
import shutil
import tempfile
import time

from proc import wait_until

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--no-default-browser-check",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-default-apps", "--disable-extensions",
         "--disable-dev-shm-usage", "--disable-domain-reliability",
         "--metrics-recording-only", "--no-pings",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


class Browser:
    """with Browser(lang="fr") as b: b.open(url); b.css("button").click()

    driver is the selenium driver; javascript=False switches scripts off as a
    user of a hardened browser would.
    """

    def __init__(self, *, javascript=True, lang="fr", timeout=20):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        self.home = tempfile.mkdtemp(prefix="octroi-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or "chromium"
        # A page that is still coming, after a button, is waited for.
        self.patience = 10
        for flag in (*FLAGS, f"--user-data-dir={self.home}/profile",
                     f"--lang={lang}", f"--accept-lang={lang}"):
            options.add_argument(flag)
        prefs = {"intl.accept_languages": lang,
                 "credentials_enable_service": False}
        if not javascript:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", prefs)
        env = {**os.environ, "HOME": self.home, "XDG_RUNTIME_DIR": self.home}
        service = Service(shutil.which("chromedriver"), env=env,
                          log_output=f"{self.home}/chromedriver.log")
        try:
            self.driver = webdriver.Chrome(options=options, service=service)
            self.driver.set_page_load_timeout(timeout)
        except BaseException:
            shutil.rmtree(self.home, ignore_errors=True)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        try:
            self.driver.quit()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def size(self, width, height):
        """The page's own area, in CSS pixels."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": width < 600})

    def dark(self, on):
        """As the reader's system prefers it."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme",
                          "value": "dark" if on else "light"}]})

    def headers(self, **values):
        """Sent with every request; x_y stands for X-Y."""
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {
            "headers": {k.replace("_", "-"): v for k, v in values.items()}})

    def keys(self, *keys):
        """Pressed one after the other, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def tab_to(self, selector):
        """Press Tab until the focus is there."""
        from selenium.webdriver.common.keys import Keys
        for _ in range(60):
            self.keys(Keys.TAB)
            if self.focused in self.all(selector):
                return
        raise AssertionError(f"no Tab leads to {selector}")

    def press(self, selector):
        """Press a button and wait for the page that follows."""
        self.driver.execute_script("window.before = true")
        self.css(selector).click()
        wait_until(lambda: self.driver.execute_script(
            "return !window.before && document.readyState === 'complete'"),
            10, "the next page")

    @property
    def focused(self):
        return self.driver.switch_to.active_element

    def open(self, url, width=1000, height=800):
        self.size(width, height)
        self.driver.get(url)
        return self

    def css(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    @property
    def text(self):
        return self._patiently(lambda: self.css("body").text)

    def _patiently(self, look):
        """What look returns; between two pages there is no element yet, or
        the one found is gone."""
        from selenium.common.exceptions import (NoSuchElementException,
                                                StaleElementReferenceException)
        end = time.monotonic() + self.patience
        while True:
            try:
                return look()
            except (NoSuchElementException, StaleElementReferenceException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def whole(self, path, width):
        """A picture of the page to its end."""
        self.size(width, 800)
        height = self.driver.execute_script(
            "return document.documentElement.scrollHeight")
        return self.screenshot(path, width, max(height, 600))

    def screenshot(self, path, width=None, height=None):
        if width:
            self.size(width, height)
        if not self.driver.get_screenshot_as_file(path):
            raise OSError(f"no screenshot written to {path}")
        return path
