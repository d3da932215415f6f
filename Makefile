.PHONY: install demo test bench clean

install: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

demo: install
	@npm run -s cli -- demo $(ARGS)

test: install
	@npm run -s test

bench: install
	npm run -s bench:http
	npm run -s bench:lifecycle

clean:
	rm -rf node_modules dist
